// ceir run: the same bytes however it is run, cut off, or resumed; and the commands that work on a run.
#include <doctest/doctest.h>

#include "data/image.h"
#include "tensor/io/file.h"
#include "tensor/io/json.h"
#include "tensor/io/npy.h"
#include "tests/tools/process.h"

using namespace ceir;
using namespace ceir::test;

namespace {

std::vector<std::string> small_run(const std::string& out, std::vector<std::string> more = {}) {
  std::vector<std::string> line{"run", "scenes:64", "--seed", "7", "--set", "vae.epochs=3", "--set", "cbm.steps=50", "--set", "cbm.cutoff=-1", "--out", out};
  line.insert(line.end(), more.begin(), more.end());
  return line;
}

struct Reference {
  TempFolder folder;
  std::string run = folder / "run";
  double milliseconds = 0;
  std::map<std::string, std::string> files;
  Reference() {
    const auto begin = std::chrono::steady_clock::now();
    const Finished f = ceir_process(small_run(run));
    milliseconds = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
    REQUIRE_MESSAGE(f.code == 0, f.err);
    files = files_below(run, {"run.json"});
  }
};

const Reference& reference() {
  static const Reference r;
  return r;
}

std::string picture(int seed) {
  Image image;
  image.width = image.height = 24;
  for (int i = 0; i < 24 * 24 * 3; i++) image.pixels.push_back(static_cast<uint8_t>((i * (seed * 37 + 11) + (i / 72) * seed * 5) & 255));
  return encode_png(image);
}

}  // namespace

TEST_CASE("run: twice, and with other threads and batches: every file but run.json is the same bytes") {
  const Reference& r = reference();
  CHECK(r.files.size() > 15);
  for (const auto& more : std::vector<std::vector<std::string>>{{}, {"--threads", "1"}, {"--threads", "2"}, {"--batch", "1"}, {"--batch", "7"}, {"--batch", "64"}}) {
    const TempFolder folder;
    const Finished f = ceir_process(small_run(folder / "run", more));
    CHECK_MESSAGE(f.code == 0, f.err);
    for (const auto& [name, bytes] : files_below(folder / "run", {"run.json"})) {
      CAPTURE(name);
      CHECK(r.files.at(name) == bytes);
    }
    CHECK(files_below(folder / "run", {"run.json"}).size() == r.files.size());
    CHECK(!std::filesystem::exists(folder / "run.partial"));
  }
}

TEST_CASE("run: again on a finished run does nothing; a changed setting redoes only what depends on it") {
  const TempFolder folder;
  const std::string run = folder / "run";
  std::filesystem::copy(reference().run, run, std::filesystem::copy_options::recursive);
  const std::string receipt = slurp(run + "/run.json");
  const Finished again = ceir_process(small_run(run));
  CHECK(again.code == 0);
  CHECK(again.err.find("up to date") != std::string::npos);
  CHECK(slurp(run + "/run.json") == receipt);
  CHECK(ceir_process(small_run(run, {"--clusters", "3"})).code == 0);
  CHECK(slurp(run + "/vae.safetensors") == reference().files.at("vae.safetensors"));
  CHECK(slurp(run + "/clusters.csv") != reference().files.at("clusters.csv"));
}

TEST_CASE("eval RUN prints every figure of a run, and says what is wrong with one that is none") {
  const std::string run = reference().run;
  const Finished text = ceir_process({"eval", run}), json = ceir_process({"eval", run, "--json"});
  CHECK_MESSAGE(text.code == 0, text.err);
  for (const char* word : {"CEIR", "raw pixels", "precision at 5", "clear (the run's)", "faithful", "random order", "insertion", "of those drawn"}) CHECK_MESSAGE(text.out.find(word) != std::string::npos, word);
  const Json metrics = Json::read(run + "/metrics.json");
  CHECK(json.code == 0);
  CHECK(Json::parse(json.out, "eval").dump() == metrics.dump());
  CHECK(ceir_process({"eval", run, "--pred", "x.npy"}).code == 2);
  CHECK(ceir_process({"eval"}).code == 2);
  const TempFolder empty;
  const Finished none = ceir_process({"eval", empty / ""});
  CHECK(none.code == 3);
  CHECK(none.err.find("metrics.json") != std::string::npos);
  for (const char* content : {"{", "{}", "{\"concepts\": 3}", "[]"}) {
    write_file(empty / "metrics.json", content);
    const Finished damaged = ceir_process({"eval", empty / ""});
    CHECK(damaged.code == 3);
    CHECK_MESSAGE(damaged.err.find("a file of this run is damaged") != std::string::npos, damaged.err);
    CHECK(damaged.out.empty());
  }
}

TEST_CASE("run: interrupted or killed at any moment, the same command goes on to the same bytes") {
  const Reference& r = reference();
  int cut = 0;
  for (const int signal : {SIGINT, SIGKILL})
    for (const double part : {0.1, 0.3, 0.5, 0.7, 0.9}) {
      const TempFolder folder;
      const std::string run = folder / "run";
      const Finished f = ceir_process(small_run(run), {.signal_after_ms = static_cast<int>(part * r.milliseconds), .signal = signal});
      CAPTURE(signal);
      CAPTURE(part);
      CAPTURE(f.err);
      if (f.code != 0) {
        cut++;
        CHECK(f.code == (signal == SIGINT ? 130 : 128 + SIGKILL));
        CHECK(!std::filesystem::exists(run));
        if (signal == SIGINT) CHECK(one_sentence(f.err));
        for (const auto& entry : std::filesystem::directory_iterator(folder.str())) CHECK(entry.path().filename() == "run.partial");
      }
      const Finished again = ceir_process(small_run(run));
      CHECK_MESSAGE(again.code == 0, again.err);
      CHECK(files_below(run, {"run.json"}) == r.files);
      CHECK(!std::filesystem::exists(run + ".partial"));
    }
  CHECK(cut > 0);
}

TEST_CASE("run: bad input leaves nothing") {
  const TempFolder folder;
  folder.write("bad/a.png", "not a picture");
  folder.write("bad/b.png", "\x89PNG\r\n\x1a\n");
  for (int i = 0; i < 5; i++) folder.write("bad/c" + std::to_string(i) + ".png", "");
  folder.write("empty.txt", "\n\n");
  const auto before = files_below(folder.str());
  for (const auto& line : std::vector<std::vector<std::string>>{
           {"run", folder / "bad", "--out", folder / "r"}, {"run", "scenes:24", "--concepts", folder / "empty.txt", "--out", folder / "r"}, {"embed", folder / "bad", "--out", folder / "e.npy"}}) {
    const Finished f = ceir_process(line);
    CAPTURE(f.err);
    CHECK(f.code == 3);
    CHECK(one_sentence(f.err));
  }
  CHECK(files_below(folder.str()) == before);
  CHECK(!std::filesystem::exists(folder / "r.partial"));
  CHECK(!std::filesystem::exists(folder / "e.npy.partial"));
}

TEST_CASE("run and embed: corrupt pictures are left out, listed, and change nothing for the others") {
  const TempFolder folder;
  for (int i = 0; i < 12; i++) {
    const std::string name = "/p" + std::to_string(10 + i) + ".png", png = picture(i);
    folder.write("good" + name, png);
    folder.write("mixed" + name, png);
    if (i % 4 == 1) folder.write("mixed/p" + std::to_string(10 + i) + "x.png", i == 1 ? "" : png.substr(0, png.size() / 2));
  }
  const Finished good = ceir_process({"embed", folder / "good", "--out", folder / "a.npy"}), mixed = ceir_process({"embed", folder / "mixed", "--out", folder / "b.npy"});
  CHECK(good.code == 0);
  CHECK(mixed.code == 4);
  CHECK(slurp(folder / "a.npy") == slurp(folder / "b.npy"));
  const auto names = [&](const std::string& file, const std::string& under) {
    std::string text = slurp(folder / file);
    const std::string prefix = folder / under + "/";
    for (size_t at; (at = text.find(prefix)) != std::string::npos;) text.erase(at, prefix.size());
    return text;
  };
  CHECK(names("a.paths.txt", "good") == names("b.paths.txt", "mixed"));
  const std::string skipped = slurp(folder / "b.skipped.jsonl");
  CHECK(std::count(skipped.begin(), skipped.end(), '\n') == 3);
  for (size_t at = 0; at < skipped.size();) {
    const size_t end = skipped.find('\n', at);
    const Json line = Json::parse(skipped.substr(at, end - at), "skipped");
    CHECK(line.get("path", "", "skipped").ends_with("x.png"));
    CHECK(!line.get("reason", "", "skipped").empty());
    at = end + 1;
  }
  CHECK(!std::filesystem::exists(folder / "a.skipped.jsonl"));

  // Drawn noise is nothing the concepts could name: the run goes on with the best of them and says so.
  const auto run = [&](const char* images, const char* out) {
    return ceir_process({"run", folder / images, "--seed", "1", "--clusters", "2", "--set", "filter.rule=top5", "--set", "filter.cutoff=5", "--set", "vae.epochs=2", "--set", "cbm.steps=20", "--set", "cbm.cutoff=-9", "--out", folder / out});
  };
  const Finished a = run("good", "ra"), b = run("mixed", "rb");
  CHECK_MESSAGE(a.code == 0, a.err);
  CHECK_MESSAGE(b.code == 4, b.err);
  CHECK(a.err.find("eased") != std::string::npos);
  for (const char* name : {"features.npy", "teacher.npy", "vae.safetensors", "latents.npy", "metrics.json"}) CHECK(slurp(folder / ("ra/" + std::string(name))) == slurp(folder / ("rb/" + std::string(name))));
  const Json concepts = Json::read(folder / "ra/concepts.json");
  CHECK(concepts.get("rule", "", "rule") == "top5 (too few passed: best 16 kept)");
  CHECK(concepts.at("kept", "concepts").as_array("kept").size() == 16);
  CHECK(concepts.at("kept", "concepts").as_array("kept").size() + concepts.at("dropped", "concepts").as_array("dropped").size() == static_cast<size_t>(concepts.at("initial", "concepts").as_int("initial")));
  const std::string metrics = slurp(folder / "ra/metrics.json");
  CHECK(metrics.find("too few passed") != std::string::npos);
  CHECK(metrics.find("nan") == std::string::npos);
  CHECK(metrics.find("NaN") == std::string::npos);
}

TEST_CASE("explain, label, edit, report and verify work on a run; verify finds a changed file") {
  const TempFolder folder;
  const std::string run = folder / "run";
  std::filesystem::copy(reference().run, run, std::filesystem::copy_options::recursive);
  const auto json = [](std::vector<std::string> line) {
    line.push_back("--json");
    const Finished f = ceir_process(line);
    REQUIRE_MESSAGE(f.code == 0, f.err);
    return Json::parse(f.out, "stdout");
  };
  const Json all = json({"explain", run, "--top", "0"});
  const auto& clusters = all.at("clusters", "explain").as_array("clusters");
  CHECK(clusters.size() == static_cast<size_t>(Json::read(run + "/metrics.json").at("clusters", "metrics").as_int("clusters")));
  CHECK(all.get("completeness_error", 1.0, "explain") < 0.05);
  for (const Json& c : clusters) {
    double last = 1e300;
    for (const Json& one : c.at("concepts", "explain").as_array("concepts")) {
      CHECK(one.get("contribution", 0.0, "explain") <= last);
      last = one.get("contribution", 0.0, "explain");
    }
  }
  CHECK(json({"explain", run, "--cluster", "0"}).at("clusters", "explain").as_array("clusters").size() == 1);
  CHECK(json({"explain", run, "--image", "#3"}).at("images", "explain").as_array("images").size() == 1);
  CHECK(json({"explain", run, "--images", "scenes:4:9"}).at("images", "explain").as_array("images").size() == 4);
  CHECK(json({"label", run}).at("clusters", "label").as_array("clusters").size() == clusters.size());
  const std::string name = Json::read(run + "/concepts.json").at("kept", "concepts").as_array("kept")[0].as_string("kept");
  const Json edited = json({"edit", run, "--image", "#3", "--set-concept", name + "=3"});
  CHECK(edited.get("latent_shift", 0.0, "edit") > 0);
  CHECK(ceir_process({"edit", run, "--image", "#3", "--set-concept", name + "=nan"}).code == 2);
  CHECK(ceir_process({"edit", run, "--image", "#", "--set-concept", name + "=1"}).code == 2);
  CHECK(ceir_process({"explain", run, "--cluster", "99"}).code == 2);
  json({"report", run, "--out", folder / "r.html"});
  const std::string html = slurp(folder / "r.html");
  CHECK(html.find("<svg") != std::string::npos);
  CHECK(html.find("http://") == html.find("http://www.w3.org"));  // nothing is loaded from elsewhere
  CHECK(json({"verify", run}).at("same_bytes", "verify").as_bool("verify"));

  for (const char* file : {"clusters.csv", "centers.npy", "explanations.json"}) {
    CAPTURE(file);
    const std::string path = run + "/" + file, before = slurp(path);
    std::string after = before;
    after[after.size() - 2] = static_cast<char>(after[after.size() - 2] ^ 1);
    std::ofstream(path, std::ios::binary).write(after.data(), static_cast<std::streamsize>(after.size()));
    const Finished f = ceir_process({"verify", run});
    CAPTURE(f.err);
    CHECK(f.code == 3);
    CHECK(f.err.find(file) != std::string::npos);
    std::ofstream(path, std::ios::binary).write(before.data(), static_cast<std::streamsize>(before.size()));
  }
}

TEST_CASE("a run folder with files missing, cut or changed is refused in one sentence") {
  const std::vector<std::string> files{"run.json", "labels.json", "features.paths.txt", "features.labels.npy", "bottleneck.safetensors", "vae.safetensors", "concept_vectors.npy", "centers.npy", "latents.npy"};
  for (const std::string& name : files)
    for (const bool cut : {false, true}) {
      const TempFolder folder;
      const std::string run = folder / "run", path = run + "/" + name;
      std::filesystem::copy(reference().run, run, std::filesystem::copy_options::recursive);
      if (cut) std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);
      else std::filesystem::remove(path);
      CAPTURE(name);
      CAPTURE(cut);
      const Finished f = ceir_process({"explain", run});
      CAPTURE(f.err);
      CHECK(f.code == 3);
      CHECK(one_sentence(f.err));
    }
  const TempFolder folder;
  const std::string run = folder / "run";
  std::filesystem::copy(reference().run, run, std::filesystem::copy_options::recursive);
  const std::string receipt = slurp(run + "/run.json");
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{{"\"vae.beta\":", "\"vae.btea\":"}, {"\"explain.method\": \"clear\"", "\"explain.method\": \"zz\""}, {"\"vae.likelihood\": \"gaussian\"", "\"vae.likelihood\": \"\""}}) {
    std::string changed = receipt;
    const size_t at = changed.find(from);
    REQUIRE(at != std::string::npos);
    folder.write("run/run.json", changed.replace(at, from.size(), to));
    const Finished f = ceir_process({"explain", run});
    CAPTURE(f.err);
    CHECK(f.code == 3);
    CHECK(one_sentence(f.err));
  }
  const std::string table = slurp(run + "/clusters.csv"), out = folder / "o.html";
  folder.write("run/run.json", receipt);
  std::string semicolons = table, words = table;
  std::ranges::replace(semicolons, ',', ';');
  for (size_t at = words.find('.', words.find('\n')); at != std::string::npos; at = words.find('.', at + 1)) words[at] = '?';
  for (const std::string& changed : {semicolons, words, std::string("junk\n\x01\xff,\n"), std::string("path,cluster\na,0\n")}) {
    folder.write("run/clusters.csv", changed);
    const Finished f = ceir_process({"report", run, "--out", out});
    CAPTURE(f.err);
    CHECK(f.code == 3);
    CHECK(one_sentence(f.err));
    CHECK(f.err.find("clusters.csv") != std::string::npos);
    CHECK_FALSE(std::filesystem::exists(out));
  }
}

TEST_CASE("run --protocol both: two whole runs and what they say side by side") {
  const TempFolder folder;
  const std::string out = folder / "both";
  const auto line = [&](const std::string& to, const char* protocol) {
    return std::vector<std::string>{"run", "scenes:64", "--seeds", "7,8", "--protocol", protocol, "--set", "vae.epochs=26", "--set", "cbm.steps=20", "--set", "cbm.cutoff=-1", "--out", to};
  };
  const Finished f = ceir_process(line(out, "both"));
  REQUIRE_MESSAGE(f.code == 0, f.err);
  CHECK(f.out.find("best epoch by test labels (*)") != std::string::npos);
  const Finished alone = ceir_process(line(folder / "alone", "faithful"));
  REQUIRE_MESSAGE(alone.code == 0, alone.err);
  for (const auto& [name, bytes] : files_below(folder / "alone", {"run.json"})) {
    CAPTURE(name);
    CHECK(slurp(out + "/faithful/" + name) == bytes);
  }
  const Json both = Json::read(out + "/comparison.json");
  const auto& protocols = both.at("protocols", "comparison").as_object("protocols");
  REQUIRE(protocols.size() == 2);
  for (const auto& [name, p] : protocols) {
    CAPTURE(name);
    const Json metrics = Json::read(out + "/" + p.get("run", "", "comparison") + "/metrics.json");
    CHECK(metrics.get("protocol", "", "metrics") == name);
    CHECK(p.at("ceir", "comparison").dump() == metrics.at("ceir", "metrics").dump());
    CHECK(p.at("truth", "comparison").dump() == metrics.at("truth", "metrics").dump());
    CHECK(p.has("best_epoch_on_test") == (name == "faithful"));
  }
  // 26 epochs are looked at twice, after the 25th and the last; the best is the mean of the seeds' better ones.
  const Json& best = both.at("protocols", "comparison").at("faithful", "protocols").at("best_epoch_on_test", "faithful");
  double sum = 0;
  for (const char* file : {"faithful_epochs.json", "seeds/8/faithful_epochs.json"}) {
    double highest = 0;
    const Json epochs = Json::read(out + "/faithful/" + file);
    for (const Json& e : epochs.at("epochs", file).as_array(file)) highest = std::max(highest, e.get("acc", 0.0, file));
    sum += highest / 2;
  }
  CHECK(best.at("acc", "best").get("mean", 0.0, "best") == doctest::Approx(sum));
  CHECK(best.at("epochs", "best").as_array("best").size() == 2);
  const std::string page = slurp(out + "/comparison.html");
  for (const char* part : {"faithful/report.html", "sound/report.html", "picked among the epochs by the labels"}) CHECK(page.find(part) != std::string::npos);
  CHECK(ceir_process(line(out, "both")).err.find("up to date") != std::string::npos);
}
