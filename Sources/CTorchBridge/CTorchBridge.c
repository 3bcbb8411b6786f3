/* The bridge itself is a library of its own, built by `make backends`; this package has its face only. */
#include "torch_bridge.h"
