// Segmentation makes and judges label volumes: components, distances, filters, targets, metrics.
