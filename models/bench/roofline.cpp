// The roofline of a bench: Williams, Waterman & Patterson 2009, figure 1.
#include <algorithm>
#include <cmath>
#include <map>

#include "kernels/base/error.h"
#include "models/bench.h"

namespace ceir {
namespace {

constexpr double plot_left = 64, plot_top = 34, plot_width = 560, plot_height = 460;

struct LogAxis {
  double low, high;  // powers of ten
  double at(double value) const { return (std::log10(value) - low) / (high - low); }
};

std::string escaped(const std::string& text) {
  std::string s;
  for (const char ch : text) s += ch == '&' ? "&amp;" : ch == '<' ? "&lt;" : ch == '>' ? "&gt;" : ch == '"' ? "&quot;" : std::string(1, ch);
  return s;
}

// A mark for a variant: shapes besides colours, for those who do not tell these apart.
std::string mark(size_t kind, double x, double y) {
  const char* colours[] = {"#4269d0", "#d97706", "#dc2626", "#0d9488", "#9333ea", "#65a30d", "#c026d3", "#78716c"};
  const std::string style = fmt::format("fill=\"{}\" fill-opacity=\"0.75\" stroke=\"{}\"", colours[kind % 8], colours[kind % 8]);
  switch (kind % 4) {
    case 0: return fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"4\" {}/>", x, y, style);
    case 1: return fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"7\" height=\"7\" {}/>", x - 3.5, y - 3.5, style);
    case 2: return fmt::format("<path d=\"M{:.1f} {:.1f}l4.5 8h-9z\" {}/>", x, y - 5, style);
    default: return fmt::format("<path d=\"M{:.1f} {:.1f}l5 5l-5 5l-5 -5z\" {}/>", x, y - 5, style);
  }
}

const BenchRow* peak_row(const std::vector<BenchRow>& rows, const char* op) {
  for (const BenchRow& r : rows)
    if (r.op == op && r.rate > 0) return &r;
  return nullptr;
}

}  // namespace

std::string roofline_svg(const std::vector<BenchRow>& rows) {
  struct Point {
    double intensity, rate;
    size_t kind;
    const BenchRow* row;
  };
  std::vector<Point> points;
  std::map<std::string, size_t> kinds;
  double least_x = 0.1, most_x = 100, least_y = 1, most_y = 10;
  for (const BenchRow& r : rows) {
    const double ms = r.memory_bound ? r.cold_ms : r.ms;
    if (r.model.empty() || !r.correct || ms <= 0 || r.gflops <= 0 || r.gbytes <= 0) continue;
    const size_t kind = kinds.emplace(r.variant, kinds.size()).first->second;
    points.push_back({r.gflops / r.gbytes, r.gflops / ms * 1e3, kind, &r});
    least_x = std::min(least_x, points.back().intensity), most_x = std::max(most_x, points.back().intensity);
    least_y = std::min(least_y, points.back().rate), most_y = std::max(most_y, points.back().rate);
  }
  const BenchRow *f32 = peak_row(rows, "peak"), *f64 = peak_row(rows, "peak_f64"), *memory = peak_row(rows, "triad");
  if (f32) most_y = std::max(most_y, f32->rate);
  const LogAxis x{std::floor(std::log10(least_x)), std::ceil(std::log10(most_x * 1.01))}, y{std::floor(std::log10(least_y)), std::ceil(std::log10(most_y * 1.2))};
  const auto px = [&](double v) { return plot_left + plot_width * x.at(v); };
  const auto py = [&](double v) { return plot_top + plot_height * (1 - y.at(v)); };

  std::string svg =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 900 560\" width=\"900\" height=\"560\" font-family=\"system-ui, sans-serif\" font-size=\"12\">\n"
      "<style>.page{fill:#ffffff}.ink{fill:#333333}.soft{fill:#666666}.grid{stroke:#dddddd}.roof{stroke:#333333;fill:none;stroke-width:2}"
      "@media (prefers-color-scheme: dark){.page{fill:#16181d}.ink{fill:#e6e6e6}.soft{fill:#a8a8a8}.grid{stroke:#343840}.roof{stroke:#e6e6e6}}</style>\n"
      "<rect class=\"page\" width=\"900\" height=\"560\"/>\n";
  const auto power = [](double e) { return e >= 0 && e < 6 ? fmt::format("{:.0f}", std::pow(10, e)) : e < 0 && e > -4 ? fmt::format("{:g}", std::pow(10, e)) : fmt::format("1e{:.0f}", e); };
  for (double e = x.low; e <= x.high; e++)
    svg += fmt::format("<line class=\"grid\" x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1}\" y2=\"{2}\"/><text class=\"soft\" x=\"{0:.1f}\" y=\"{3}\" text-anchor=\"middle\">{4}</text>\n", px(std::pow(10, e)), plot_top,
                       plot_top + plot_height, plot_top + plot_height + 16, power(e));
  for (double e = y.low; e <= y.high; e++)
    svg += fmt::format("<line class=\"grid\" x1=\"{0}\" x2=\"{1}\" y1=\"{2:.1f}\" y2=\"{2:.1f}\"/><text class=\"soft\" x=\"{3}\" y=\"{4:.1f}\" text-anchor=\"end\">{5}</text>\n", plot_left, plot_left + plot_width,
                       py(std::pow(10, e)), plot_left - 6, py(std::pow(10, e)) + 4, power(e));
  const double first = std::pow(10, x.low), last = std::pow(10, x.high), floor = std::pow(10, y.low);
  const auto roof = [&](const BenchRow& peak, const char* dash) {
    double from = first, at = first;
    std::string line;
    if (memory) {
      const double ridge = std::clamp(peak.rate / memory->rate, first, last);
      from = std::max(first, floor / memory->rate);
      line = fmt::format("{:.1f},{:.1f} {:.1f},{:.1f} ", px(from), py(from * memory->rate), px(ridge), py(ridge * memory->rate));
      at = ridge;
    }
    svg += fmt::format("<polyline class=\"roof\" {} points=\"{}{:.1f},{:.1f} {:.1f},{:.1f}\"/>\n", dash, line, px(at), py(peak.rate), px(last), py(peak.rate));
    svg += fmt::format("<text class=\"ink\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"end\">{} {:.3g} GFLOP/s</text>\n", px(last) - 4, py(peak.rate) - 6, peak.op == "peak" ? "f32" : "f64", peak.rate);
  };
  if (f32) roof(*f32, "");
  if (f64) roof(*f64, "stroke-dasharray=\"5 4\"");
  if (memory) svg += fmt::format("<text class=\"ink\" x=\"{}\" y=\"{}\">memory {:.3g} GB/s</text>\n", plot_left + 6, plot_top - 10, memory->rate);
  for (const Point& p : points)
    svg += fmt::format("<g><title>{}</title>{}</g>\n", escaped(fmt::format("{} {}, {}, {}: {:.3g} GFLOP/s at {:.3g} FLOP/byte", p.row->op, p.row->model, p.row->shape, p.row->variant, p.rate, p.intensity)),
                       mark(p.kind, px(p.intensity), py(p.rate)));
  double down = plot_top + 12;
  for (const auto& [variant, kind] : kinds) {
    svg += mark(kind, plot_left + plot_width + 24, down - 4) + fmt::format("<text class=\"ink\" x=\"{}\" y=\"{:.1f}\">{}</text>\n", plot_left + plot_width + 36, down, escaped(variant));
    down += 18;
  }
  if (points.empty()) svg += fmt::format("<text class=\"ink\" x=\"{}\" y=\"{}\">no figure to draw: see the table for the reasons</text>\n", plot_left + 20, plot_top + 60);
  svg += fmt::format("<text class=\"ink\" x=\"{:.1f}\" y=\"548\" text-anchor=\"middle\">intensity: operations by bytes that must move (FLOP/byte)</text>\n", plot_left + plot_width / 2);
  svg += fmt::format("<text class=\"ink\" transform=\"translate(16 {:.1f}) rotate(-90)\" text-anchor=\"middle\">GFLOP/s</text>\n</svg>\n", plot_top + plot_height / 2);
  return svg;
}

}  // namespace ceir
