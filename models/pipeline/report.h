// The report: one self-contained HTML file that a person enjoys reading.
#pragma once
#include <string>
#include <vector>

#include "data/image_set.h"
#include "tensor/io/json.h"

namespace ceir {

// From the files of a run folder (finished or about to be). `images` may be null: then without pictures. `pictures` sample
// pictures a cluster, nearest to the centre. The same run gives the same bytes. Returns the HTML.
std::string make_report(const std::string& folder, const ImageSet* images, bool exif, int64_t pictures);

// Pieces, each a fragment of HTML or SVG.
std::string escape_html(const std::string& text);
std::string bar_chart(const std::vector<std::pair<std::string, double>>& bars);  // signed, horizontal
struct Curve {
  std::string name, colour;
  std::vector<double> values;  // fractions, at 0, 1, 2, ...
};
std::string line_chart(const std::string& title, const std::string& x_label, const std::vector<Curve>& curves);
std::string score_table(const Json& metrics);
extern const char* const report_style;

}  // namespace ceir
