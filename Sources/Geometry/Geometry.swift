// Geometry says where things are: exact lengths, coordinates and ROIs in voxels or nanometres, and the grid that joins both.
