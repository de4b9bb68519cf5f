#include "tools/command.h"

int main(int argc, char** argv) { return ceir::run_ceir({argv + 1, argv + argc}); }
