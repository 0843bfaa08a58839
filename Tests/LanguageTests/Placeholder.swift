// Tests of Language go here.
