// Tests of Arrays go here.
