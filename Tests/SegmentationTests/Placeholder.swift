// Tests of Segmentation go here.
