// Tests of Builtins go here.
