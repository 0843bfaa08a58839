// Training makes models: data splits, sampling, augmentation, tasks, the trainer, validation, run records.
