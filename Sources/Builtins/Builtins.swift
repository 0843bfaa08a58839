// Builtins binds the language to the libraries: one declaration for each word of the vocabulary.
