// The control "raw pixels": what k-means makes of the pictures themselves.
#pragma once
#include "models/pipeline/run.h"

namespace ceir {

// Test pictures squeezed to 32 x 32 (Pillow's bilinear), RGB in [0, 1]: (n_test, 3072) f32. Kept in work/ while the run lasts.
Tensor pixel_features(const ImageSet& images, const SharedStages& shared, bool exif, Workspace& workspace, Monitor* monitor);

}  // namespace ceir
