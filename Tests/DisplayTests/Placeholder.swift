// Tests of Display go here.
