// Tests of Training go here.
