// Tests of Blockwise go here.
