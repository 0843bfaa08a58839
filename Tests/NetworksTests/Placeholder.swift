// Tests of Networks go here.
