// The curve of a training as a picture that a browser or a README shows.
#pragma once
#include <string>
#include <vector>

namespace ceir {

// A self-contained SVG, 640 x 300: the mean loss of each of at most 160 stretches of the training, and the least and greatest
// of the stretch as a pale band. `losses` holds one value per step. An empty curve gives axes only.
std::string loss_curve_svg(const std::vector<double>& losses);

}  // namespace ceir
