// ceir cluster: k-means, or assignment to existing centres.
#include <charconv>

#include "models/choose_k.h"
#include "models/embed.h"
#include "models/kmeans.h"
#include "tensor/io/npy.h"
#include "tools/image_flags.h"

namespace ceir {
namespace {

// f32 stays f32; everything else is computed in f64.
Tensor matrix(const std::string& path) {
  const Tensor x = read_npy(path);
  if (x.rank() != 2) bad_input("{}: shape {}, expected rows and columns (N, d)", path, x.shape().str());
  return x.dtype() == DType::f32 ? x : x.to(DType::f64);
}

struct Cluster : Command {
  std::string in, out, clusters, apply, init;
  int64_t restarts = 10, max_iterations = 300;
  double tolerance = 1e-4;
  bool normalize = false;

  void define(Flags& f) override {
    f.option("--in", in, "rows to cluster (N, d), .npy", true);
    f.option("--out", out, "labels (N) i64, .npy; the centres go beside it", true);
    f.option("--clusters", clusters, "how many, or auto (by silhouette)");
    f.option("--apply", apply, "centres (K, d), .npy: label the rows by the nearest one");
    f.option("--init", init, "centres (K, d), .npy, to start from");
    f.option("--restarts", restarts, "k-means++ starts; the best is kept");
    f.option("--max-iter", max_iterations, "rounds at most");
    f.option("--tol", tolerance, "stop when the centres move less than this times the mean variance");
    f.flag("--normalize", normalize, "divide each row by its L2 norm first");
  }

  int run(Context& c) override {
    const std::string centers_file = npy_base(out) + ".centers.npy";
    c.check_output(out);
    if (apply.empty()) c.check_output(centers_file);
    const int given = !clusters.empty() + !apply.empty() + !init.empty();
    if (given != 1) usage_error("cluster takes one of --clusters K, --apply CENTERS.npy and --init CENTERS.npy");
    if (restarts < 1 || restarts > 10000 || max_iterations < 1 || max_iterations > 1000000000 || !(tolerance >= 0))
      usage_error("cluster: --restarts 1 to 10000, --max-iter 1 to 1000000000, --tol from 0");
    Tensor x = matrix(in);
    if (normalize) {
      x = x.clone();
      normalize_rows(x);
    }
    KMeansOptions options;
    options.restarts = restarts;
    options.max_iterations = max_iterations;
    options.tolerance = tolerance;
    options.seed = static_cast<uint64_t>(c.globals().seed);
    const bool automatic = clusters == "auto";
    if (!clusters.empty() && !automatic) {
      const auto [end, error] = std::from_chars(clusters.data(), clusters.data() + clusters.size(), options.clusters);
      if (error != std::errc() || end != clusters.data() + clusters.size() || options.clusters < 1) usage_error("--clusters '{}': a number from 1 on, or auto", clusters);
    }
    if (!init.empty()) options.initial_centers = matrix(init).to(x.dtype());
    if (options.clusters > x.dim(0)) usage_error("--clusters {}: {} has only {} rows", options.clusters, in, x.dim(0));
    if (c.globals().dry_run) return dry_run(c, fmt::format("cluster {} rows of {} into {}", x.dim(0), in, out));
    if (!apply.empty()) {
      const Assignment a = assign_to_centers(x, matrix(apply).to(x.dtype()));
      write_npy(out, a.labels);
      c.result(fmt::format("{}: {} rows labelled by the centres of {}\n", out, x.dim(0), apply), Json::object().set("out", out).set("n", x.dim(0)));
      return 0;
    }
    Json tried = Json::array();
    if (automatic) {
      ChooseKOptions choose;
      choose.seed = options.seed;
      const ChosenClusters chosen = choose_clusters(x, choose, c.monitor());
      options.clusters = chosen.clusters;
      for (const auto& t : chosen.tried) tried.push(Json::object().set("k", t.k).set("silhouette", t.silhouette).set("stability", t.stability).set("inertia", t.inertia));
    }
    const KMeansResult r = kmeans(x, options, c.monitor());
    write_npy(centers_file, r.centers);
    write_npy(out, r.labels);
    Json json = Json::object().set("out", out).set("centers", centers_file).set("n", x.dim(0)).set("clusters", r.centers.dim(0)).set("inertia", r.inertia).set("iterations", r.iterations);
    if (automatic) json.set("tried", tried);
    c.result(fmt::format("{}: {} rows in {} clusters, inertia {:.6g} after {} rounds\n", out, x.dim(0), r.centers.dim(0), r.inertia, r.iterations), json);
    return 0;
  }
};

}  // namespace

extern const CommandEntry cluster_command{"cluster", "k-means of rows", "ceir cluster --in latents.npy --clusters 10 --out clusters.npy", make_command<Cluster>};

}  // namespace ceir
