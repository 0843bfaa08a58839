// A number as printf writes it, without Swift's boxes around each argument.
#pragma once
#include <stddef.h>

// kind: 'f', 'e' or 'g'. Returns the length of the whole text, of which at most size - 1 bytes and a 0 are written.
int dcs_print_number(char *text, size_t size, double number, int precision, char kind);
