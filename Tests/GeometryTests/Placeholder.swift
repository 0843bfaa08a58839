// Tests of Geometry go here.
