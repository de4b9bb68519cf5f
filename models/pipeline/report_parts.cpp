// The style, charts and table of the report.
#include <algorithm>
#include <cmath>

#include "kernels/base/error.h"
#include "models/pipeline/report.h"

namespace ceir {

const char* const report_style = R"(
:root { --paper: #fdfcf9; --ink: #22262b; --soft: #69707a; --line: #e4e0d8; --card: #ffffff; --for: #2f7d6d; --against: #c2603f; --accent: #33539e; }
@media (prefers-color-scheme: dark) { :root { --paper: #16181c; --ink: #e8e6e1; --soft: #9aa1ab; --line: #2d3138; --card: #1e2126; --for: #5fb8a4; --against: #e08a68; --accent: #8fa8e6; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, "Segoe UI", "Helvetica Neue", sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 40px 24px 80px; }
h1 { font: 600 34px/1.2 Georgia, "Times New Roman", serif; margin: 0 0 6px; }
h2 { font: 600 23px/1.3 Georgia, "Times New Roman", serif; margin: 46px 0 12px; }
p.lead { color: var(--soft); margin: 0 0 10px; max-width: 70ch; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: 6px 16px 6px 0; border-bottom: 1px solid var(--line); }
th:first-child, td:first-child { text-align: left; }
th { color: var(--soft); font-weight: 500; }
tr.ours td { font-weight: 650; color: var(--accent); }
.clusters { display: grid; grid-template-columns: repeat(auto-fill, minmax(500px, 1fr)); gap: 20px; }
@media (max-width: 560px) { .clusters { grid-template-columns: 1fr; } }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 18px 20px; }
.card h3 { margin: 0 0 2px; font: 600 18px/1.3 Georgia, "Times New Roman", serif; }
.card .meta { color: var(--soft); font-size: 14px; margin-bottom: 12px; }
.pictures { display: flex; flex-wrap: wrap; gap: 5px; margin-bottom: 12px; }
.pictures img { width: 82px; height: 82px; object-fit: cover; border-radius: 5px; display: block; image-rendering: auto; }
.charts { display: flex; flex-wrap: wrap; gap: 24px; }
svg text { fill: var(--ink); font: 13px system-ui, sans-serif; }
svg .soft { fill: var(--soft); }
.dropped { columns: 3 240px; font-size: 14px; color: var(--soft); padding-left: 18px; }
details summary { cursor: pointer; color: var(--soft); margin: 10px 0; }
footer { margin-top: 60px; color: var(--soft); font-size: 14px; border-top: 1px solid var(--line); padding-top: 14px; }
)";

std::string escape_html(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '&') out += "&amp;";
    else if (c == '<') out += "&lt;";
    else if (c == '>') out += "&gt;";
    else if (c == '"') out += "&quot;";
    else out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return out;
}

std::string bar_chart(const std::vector<std::pair<std::string, double>>& bars) {
  constexpr int row = 24, names = 190, width = 460;
  double largest = 1e-12;
  for (const auto& [name, value] : bars) largest = std::max(largest, std::abs(value));
  bool negative = false;
  for (const auto& [name, value] : bars) negative = negative || value < 0;
  const double zero = negative ? names + (width - names - 60) * 0.35 : names, unit = (width - 60 - zero) / largest;
  std::string svg = fmt::format("<svg viewBox=\"0 0 {} {}\" width=\"100%\" role=\"img\" aria-label=\"concepts and their contributions\">", width, row * bars.size() + 4);
  for (size_t i = 0; i < bars.size(); i++) {
    const auto& [name, value] = bars[i];
    const double y = static_cast<double>(i) * row + 2, length = std::min(std::abs(value) * unit, value < 0 ? zero - names : 1e9);
    svg += fmt::format("<text x=\"{}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>", names - 8, y + 16, escape_html(name.size() > 27 ? name.substr(0, 25) + ".." : name));
    svg += fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{}\" rx=\"2\" style=\"fill:var(--{})\"/>", value < 0 ? zero - length : zero, y + 3,
                       std::max(length, 0.5), row - 7, value < 0 ? "against" : "for");
    svg += fmt::format("<text class=\"soft\" x=\"{:.1f}\" y=\"{:.1f}\">{:+.2f}</text>", value < 0 ? zero + 5 : zero + length + 5, y + 16, value);
  }
  return svg + "</svg>";
}

std::string line_chart(const std::string& title, const std::string& x_label, const std::vector<Curve>& curves) {
  constexpr double left = 46, top = 30, width = 340, height = 190;
  size_t points = 2;
  for (const Curve& c : curves) points = std::max(points, c.values.size());
  std::string svg = fmt::format("<svg viewBox=\"0 0 {} {}\" width=\"{}\" role=\"img\" aria-label=\"{}\">", left + width + 20, top + height + 66, left + width + 20, escape_html(title));
  svg += fmt::format("<text x=\"0\" y=\"16\" style=\"font-weight:600\">{}</text>", escape_html(title));
  for (int tick = 0; tick <= 4; tick++) {
    const double y = top + height * (1 - tick / 4.0);
    svg += fmt::format("<line x1=\"{}\" x2=\"{}\" y1=\"{:.1f}\" y2=\"{:.1f}\" style=\"stroke:var(--line)\"/><text class=\"soft\" x=\"{}\" y=\"{:.1f}\" text-anchor=\"end\">{} %</text>",
                       left, left + width, y, y, left - 6, y + 4, tick * 25);
  }
  double legend = 0;
  for (const Curve& c : curves) {
    std::string path;
    for (size_t i = 0; i < c.values.size(); i++)
      path += fmt::format("{}{:.1f},{:.1f}", i ? " L" : "M", left + width * static_cast<double>(i) / static_cast<double>(points - 1), top + height * (1 - std::clamp(c.values[i], 0.0, 1.0)));
    svg += fmt::format("<path d=\"{}\" style=\"fill:none;stroke:{};stroke-width:2.5\"/>", path, c.colour);
    svg += fmt::format("<rect x=\"{:.0f}\" y=\"{}\" width=\"14\" height=\"4\" style=\"fill:{}\"/><text x=\"{:.0f}\" y=\"{}\">{}</text>", left + legend, top + height + 48, c.colour,
                       left + legend + 20, top + height + 54, escape_html(c.name));
    legend += 40 + 7.2 * static_cast<double>(c.name.size());
  }
  svg += fmt::format("<text class=\"soft\" x=\"{}\" y=\"{}\">0</text><text class=\"soft\" x=\"{}\" y=\"{}\" text-anchor=\"end\">{} {}</text>", left, top + height + 18, left + width, top + height + 18,
                     points - 1, escape_html(x_label));
  return svg + "</svg>";
}

std::string score_table(const Json& metrics) {
  const Json* ceir = metrics.find("ceir");
  if (!ceir) return "";
  const auto cell = [](const Json& figures, const char* name) {
    const Json* f = figures.find(name);
    if (!f) return std::string("<td></td>");
    return fmt::format("<td>{:.1f} <span style=\"color:var(--soft)\">&plusmn; {:.1f}</span></td>", 100 * f->get("mean", 0.0, name), 100 * f->get("std", 0.0, name));
  };
  const auto line = [&](const std::string& title, const Json& figures, bool ours) {
    return fmt::format("<tr{}><td>{}</td>{}{}{}</tr>", ours ? " class=\"ours\"" : "", title, cell(figures, "acc"), cell(figures, "nmi"), cell(figures, "ari"));
  };
  static const std::pair<const char*, const char*> rows[] = {
      {"pixels", "raw pixels (32 x 32)"}, {"clip", "CLIP features"}, {"clip_normalized", "CLIP features, normalised"},
      {"concepts", "concept vectors"}, {"presence", "presence of the concepts"}, {"pca", "PCA of the concept vectors"}, {"decoded", "concepts decoded from the latent"}};
  std::string table = "<table><tr><th>k-means on</th><th>ACC %</th><th>NMI %</th><th>ARI %</th></tr>";
  for (const auto& [key, title] : rows)
    if (const Json* figures = metrics.at("controls", "metrics").find(key)) table += line(title, *figures, false);
  return table + line("CEIR (VAE latent)", *ceir, true) + "</table>";
}

}  // namespace ceir
