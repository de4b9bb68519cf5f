#include "models/pipeline/report.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <map>

#include "data/preprocess.h"
#include "kernels/base/error.h"
#include "models/pipeline/rows.h"
#include "tensor/io/file.h"
#include "tensor/io/utf8.h"

namespace ceir {
namespace {

std::string base64(const std::string& bytes) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t word = 0;
    for (size_t k = 0; k < 3; k++) word = word << 8 | (i + k < bytes.size() ? static_cast<uint8_t>(bytes[i + k]) : 0u);
    for (size_t k = 0; k < 4; k++) out += i + k <= bytes.size() ? digits[word >> (18 - 6 * k) & 63] : '=';
  }
  return out;
}

// A picture as an <img> of at most 96 pixels a side; nothing when it cannot be read (any more).
std::string thumbnail(const ImageSet& images, int64_t row, bool exif) {
  try {
    Image picture = images.load(row, DecodeOptions{exif});
    const int side = std::min(picture.width, picture.height), most = 96;
    picture = centre_crop(picture, side, side, false);
    if (side > most) picture = resize(picture, most, most, Filter::bicubic);
    return fmt::format("<img alt=\"{}\" title=\"{}\" src=\"data:image/png;base64,{}\">", escape_html(images.path(row)), escape_html(images.path(row)), base64(encode_png(picture)));
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::bad_input) throw;
    return "";
  }
}

struct ClusterRow {
  int64_t row;
  double distance;
};

struct ClusterTable {
  std::map<int64_t, std::vector<ClusterRow>> members;            // test rows, nearest first
  std::map<int64_t, std::map<std::string, int64_t>> labels;      // classes of the members
};

// One CSV line into fields, quotes undone.
std::vector<std::string> csv_fields(const std::string& line) {
  std::vector<std::string> fields{""};
  bool quoted = false;
  for (size_t i = 0; i < line.size(); i++) {
    if (line[i] == '"') {
      if (quoted && i + 1 < line.size() && line[i + 1] == '"') fields.back() += '"', i++;
      else quoted = !quoted;
    } else if (line[i] == ',' && !quoted) {
      fields.emplace_back();
    } else {
      fields.back() += line[i];
    }
  }
  return fields;
}

ClusterTable read_clusters(const std::string& path) {
  std::string text = read_text_file(path);
  std::vector<std::string> lines;  // by hand: a quoted path may hold a line end
  std::string line;
  bool quoted = false;
  for (const char c : text) {
    if (c == '"') quoted = !quoted;
    if (c == '\n' && !quoted) lines.push_back(std::move(line)), line.clear();
    else line += c;
  }
  ClusterTable table;
  if (lines.empty()) return table;
  const auto header = csv_fields(lines[0]);
  const auto column = [&](const char* name) { return static_cast<size_t>(std::ranges::find(header, name) - header.begin()); };
  const size_t split = column("split"), cluster = column("cluster"), distance = column("distance"), label = column("label");
  if (cluster >= header.size() || distance >= header.size()) bad_input("{}: its first line lacks the column 'cluster' or 'distance'; make the run again", path);
  const auto number = [&](const std::string& field, size_t line, auto parse) {
    char* end = nullptr;
    const auto value = parse(field.c_str(), &end);
    if (field.empty() || *end != '\0' || !std::isfinite(static_cast<double>(value))) bad_input("{}, line {}: '{}' is no number that belongs here; make the run again", path, line, printable(field));
    return value;
  };
  for (size_t i = 1; i < lines.size(); i++) {
    const auto f = csv_fields(lines[i]);
    if (f.size() != header.size()) bad_input("{}, line {}: {} fields, expected {}", path, i + 1, f.size(), header.size());
    const int64_t c = number(f[cluster], i + 1, [](const char* text, char** end) { return std::strtoll(text, end, 10); });
    const double away = number(f[distance], i + 1, [](const char* text, char** end) { return std::strtod(text, end); });
    if (split < f.size() && f[split] == "train") continue;
    table.members[c].push_back({static_cast<int64_t>(i) - 1, away});
    if (label < f.size() && !f[label].empty()) table.labels[c][f[label]]++;
  }
  for (auto& [c, rows] : table.members) std::ranges::stable_sort(rows, {}, &ClusterRow::distance);
  return table;
}

std::string cluster_card(const Json& cluster, const std::string& name, const ClusterTable& table, const std::vector<int64_t>& set_rows, const ImageSet* images,
                         bool exif, int64_t pictures) {
  const int64_t id = cluster.at("cluster", "explanations").as_int("cluster");
  const auto members = table.members.find(id);
  const size_t size = members == table.members.end() ? 0 : members->second.size();
  std::string meta = fmt::format("{} pictures", size);
  if (const auto labels = table.labels.find(id); labels != table.labels.end() && size > 0) {
    const auto best = std::ranges::max_element(labels->second, {}, [](const auto& p) { return p.second; });
    meta += fmt::format(", {:.0f} % of them <em>{}</em>", 100.0 * static_cast<double>(best->second) / static_cast<double>(size), escape_html(best->first));
  }
  std::string html = fmt::format("<section class=\"card\"><h3>{}</h3><div class=\"meta\">cluster {}: {}</div>", escape_html(name.empty() ? fmt::format("cluster {}", id) : name), id, meta);
  if (images && size > 0) {
    html += "<div class=\"pictures\">";
    for (size_t i = 0; i < size && static_cast<int64_t>(i) < pictures; i++) {
      const auto row = static_cast<size_t>(members->second[i].row);
      if (row < set_rows.size() && set_rows[row] >= 0) html += thumbnail(*images, set_rows[row], exif);
    }
    html += "</div>";
  }
  const auto& concepts = cluster.at("concepts", "explanations").as_array("concepts");
  std::vector<std::pair<std::string, double>> bars;
  const size_t head = std::min<size_t>(6, concepts.size()), tail = std::min<size_t>(2, concepts.size() - head);
  for (size_t i = 0; i < concepts.size(); i++)
    if (i < head || i >= concepts.size() - tail) bars.emplace_back(concepts[i].get("concept", "", "explanations"), concepts[i].get("contribution", 0.0, "explanations"));
  return html + bar_chart(bars) + "</section>";
}

std::vector<Curve> curves_of(const Json& scores, const char* name) {
  const auto values = [&](const Json& j) {
    std::vector<double> v;
    if (const Json* list = j.find(name))
      for (const Json& d : list->as_array(name)) v.push_back(d.as_double(name));
    return v;
  };
  return {{"by explanation", "var(--accent)", values(scores)}, {"random concepts", "var(--soft)", scores.has("random") ? values(scores.at("random", "scores")) : std::vector<double>{}}};
}

std::string precision_text(const Json& precision, const Json& scores) {
  const Json* random = scores.find("random");
  const Json* chance = random ? random->find("precision_at_5") : nullptr;
  std::string text = "<p>Precision of the first concepts (up to five) against what is really visible:";
  for (const auto& [key, what] : {std::pair("cluster", "per cluster"), std::pair("image", "per picture")}) {
    if (!precision.has(key)) continue;
    text += fmt::format(" {:.2f} {}", precision.get(key, 0.0, "metrics"), what);
    if (chance && chance->has(key)) text += fmt::format(" (random concepts: {:.2f})", chance->get(key, 0.0, "metrics"));
    text += key[0] == 'c' && precision.has("image") ? "," : ".";
  }
  if (const double left_out = precision.get("clusters_without_truth", 0.0, "metrics"); left_out > 0)
    text += fmt::format(" {:.2g} clusters, mean over the seeds, have nothing that sets them apart and are left out.", left_out);
  return text + "</p>";
}

// The image set's row of each row of the run, -1 where it is not there any more.
std::vector<int64_t> rows_in(const ImageSet* images, const Rows& rows) {
  std::vector<int64_t> found(rows.paths.size(), -1);
  if (!images) return found;
  int64_t i = 0;
  for (size_t r = 0; r < rows.paths.size(); r++) {
    int64_t at = i;
    while (at < images->size() && images->path(at) != rows.paths[r]) at++;
    if (at < images->size()) found[r] = at, i = at + 1;
  }
  return found;
}

}  // namespace

std::string make_report(const std::string& folder, const ImageSet* images, bool exif, int64_t pictures) {
  const Json metrics = Json::read(folder + "/metrics.json"), explanations = Json::read(folder + "/explanations.json"), labels = Json::read(folder + "/labels.json");
  const Rows rows = read_rows(folder + "/features");
  const ClusterTable table = read_clusters(folder + "/clusters.csv");
  const auto set_rows = rows_in(images, rows);
  const Json& concepts = metrics.at("concepts", "metrics");
  const auto& dropped = concepts.at("dropped", "metrics").as_array("dropped");
  std::string html = "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>ceir report</title><style>";
  html += report_style;
  html += "</style></head><body><main><h1>Pictures, grouped and explained</h1>";
  html += fmt::format("<p class=\"lead\">{} pictures in {} clusters; every cluster is described by named concepts ({} of {} concepts occur in these pictures). Protocol: {}, {} seed{}; pictures and concepts below are the first seed's.</p>",
                      metrics.at("n", "metrics").as_int("n"), metrics.at("clusters", "metrics").as_int("clusters"), concepts.at("kept", "metrics").as_int("kept"),
                      concepts.at("initial", "metrics").as_int("initial"), escape_html(metrics.get("protocol", "", "metrics")), metrics.at("seeds", "metrics").as_array("seeds").size(),
                      metrics.at("seeds", "metrics").as_array("seeds").size() == 1 ? "" : "s");
  if (metrics.has("ceir")) html += "<h2>How well the clusters match the known classes</h2>" + score_table(metrics);
  const bool clear = explanations.get("method", "", "explanations.json") == "clear";
  html += fmt::format("<h2>The clusters</h2><p class=\"lead\">Bars to the right speak for the cluster, bars to the left against it.{}</p><div class=\"clusters\">",
                      clear ? " 0 is a picture like any other, 1 one that shows the concept as clearly as any." : "");
  const auto& names = labels.at("clusters", "labels.json").as_array("clusters");
  const auto& clusters = explanations.at("clusters", "explanations.json").as_array("clusters");
  for (size_t i = 0; i < clusters.size(); i++)
    html += cluster_card(clusters[i], i < names.size() ? names[i].get("name", "", "labels.json") : "", table, set_rows, images, exif, pictures);
  html += "</div>";
  if (const Json* scores = metrics.find("explanations")) {
    html += "<h2>Are the explanations true?</h2><p class=\"lead\">Left: concepts of the cluster's explanation are set to their mean one after the other; the share of pictures that stay in their cluster should fall. "
            "Right: starting from the mean, only they keep their values; the share that reaches its cluster should rise.</p><div class=\"charts\">";
    html += line_chart("Deletion: pictures still in their cluster", "concepts removed", curves_of(*scores, "deletion_curve"));
    html += line_chart("Insertion: pictures that reach it", "concepts inserted", curves_of(*scores, "insertion_curve"));
    html += "</div>";
    if (const Json* precision = scores->find("precision_at_5"))
      html += precision_text(*precision, *scores);
    if (const Json* truth = metrics.find("truth"); truth && truth->has("distractors_dropped") && truth->has("attributes_kept"))
      html += fmt::format("<p>Of the words for things that this world never draws, the filters dropped {:.0f} %; of those it does draw they kept {:.0f} %.</p>",
                          100 * truth->get("distractors_dropped", 0.0, "metrics"), 100 * truth->get("attributes_kept", 0.0, "metrics"));
  }
  if (!dropped.empty()) {
    html += fmt::format("<h2>Concepts left out</h2><details><summary>{} concepts were not found in the pictures</summary><ul class=\"dropped\">", dropped.size());
    size_t shown = 0;
    for (const Json& d : dropped) {
      if (++shown > 500) break;  // the file stays readable; bottleneck.safetensors has them all
      html += fmt::format("<li>{}</li>", escape_html(d.get("concept", "", "metrics")));
    }
    html += "</ul></details>";
  }
  html += "<footer>Made by ceir. The arrays, settings and hashes behind every figure lie beside this file; run.json says how to make them again.</footer></main></body></html>\n";
  return html;
}

}  // namespace ceir
