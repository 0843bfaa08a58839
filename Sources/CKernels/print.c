#include "print.h"
#include <stdio.h>

int dcs_print_number(char *text, size_t size, double number, int precision, char kind) {
  switch (kind) {
  case 'e': return snprintf(text, size, "%.*e", precision, number);
  case 'g': return snprintf(text, size, "%.*g", precision, number);
  default: return snprintf(text, size, "%.*f", precision, number);
  }
}
