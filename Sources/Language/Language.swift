// Language is the .dcs language: tokens, parser, checker, evaluator, values, diagnostics; it knows no volume.
