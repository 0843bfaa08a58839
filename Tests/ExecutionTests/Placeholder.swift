// Tests of Execution go here.
