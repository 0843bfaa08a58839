// Networks turns a graph of operators into predictions and gradients, and keeps their weights in files.
