// Networks computes with convolutional networks: graphs, shape inference, derivatives, memory plans, optimisers, weight files.
//
//   Graph/      what a network is: operators joined by name, sizes that fit, the networks of DaCapo, COSEM and Cellpose
//   Operators/  one file an operator: shape rule, forward, gradient
//   Plan/       how a graph is run: fusions, order, which storage lives when and where
//   Backend/    who computes: the CPU
//   Training/   losses, optimisers, learning-rate schedules, clipping
//   Files/      models, and weights of other programs: safetensors, PyTorch, ONNX; published ones
//
// Tensors are float32, [batch, channel, z, y, x]; images of two axes are [batch, channel, y, x] and computed with z = 1.
