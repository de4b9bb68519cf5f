#pragma once
#include <algorithm>

#include "data/scenes/composition.h"
#include "kernels/base/random.h"

namespace ceir::scenes {

// Sky colours, light and haze of `c` from its time and weather, with exposure and tint that differ from picture to picture.
void set_light(Composition& c, Random& random);

}  // namespace ceir::scenes
