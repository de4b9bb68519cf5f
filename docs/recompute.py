"""Recomputes the figures of a run folder from its arrays, with other people's code, beside what ceir says.

    python3 docs/recompute.py RUN          (needs numpy, scipy, scikit-learn)
"""
import csv, json, sys
from pathlib import Path
import numpy as np
from scipy.optimize import linear_sum_assignment
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score
from sklearn.metrics.cluster import contingency_matrix

run = Path(sys.argv[1])
read = lambda path: json.loads(path.read_text(encoding="utf-8"))
metrics = read(run / "metrics.json")
truth = [json.loads(line) for line in open(run / "truth.jsonl", encoding="utf-8")]
attributes = (run / "attributes.txt").read_text(encoding="utf-8").splitlines()
filtered = read(run / "concepts.json")
initial = filtered["kept"] + [d["concept"] for d in filtered["dropped"]]
never_drawn = set(initial) - set(attributes)
def show(name, ours, theirs, allowed=1e-6):  # more where f32 and f64 may put a picture halfway between two centres elsewhere
    global wrong
    wrong |= not abs(ours - theirs) < allowed
    print(f"{name:<34}{ours:12.8f}{theirs:12.8f}  {'same' if abs(ours - theirs) < allowed else 'DIFFERENT'}")

def precision(ranking, relevant):
    places = min(5, len(relevant))
    return len(set(ranking[:places]) & relevant) / places
def safetensors(path):
    """Tensors by name, and the metadata: among it the concepts that were kept in the end."""
    data = path.read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    metadata, types = header.pop("__metadata__"), {"F32": np.float32, "F64": np.float64, "I64": np.int64}
    return {k: np.frombuffer(data[start + v["data_offsets"][0] : start + v["data_offsets"][1]], types[v["dtype"]]).reshape(v["shape"]).astype(float) for k, v in header.items()}, metadata
def mu(x, v, metadata):
    """The VAE's code: the level above which a concept is present, then Linear, batch normalisation, ReLU, Linear."""
    if "present_above" in metadata: x = np.maximum(x - float(metadata["present_above"]), 0)
    h = x @ v["encoder.0.weight"].T + v["encoder.0.bias"]
    h = (h - v["encoder.1.running_mean"]) / np.sqrt(v["encoder.1.running_var"] + 1e-5) * v["encoder.1.weight"] + v["encoder.1.bias"]
    return np.split(np.maximum(h, 0) @ v["encoder.3.weight"].T + v["encoder.3.bias"], 2, axis=1)[0]

figures, wrong = [], False
for i, seed in enumerate(metrics["seeds"]):
    folder = run if i == 0 else run / "seeds" / str(seed)
    rows = list(csv.DictReader(open(folder / "clusters.csv", encoding="utf-8", newline="")))
    test = [r for r in range(len(rows)) if rows[r].get("split", "test") == "test"]
    clusters = np.array([int(rows[r]["cluster"]) for r in test])
    classes = np.unique([rows[r]["label"] for r in test], return_inverse=True)[1]
    counts = contingency_matrix(clusters, classes)
    acc = counts[linear_sum_assignment(-counts)].sum() / len(test)
    visible = np.array([[a in set(truth[r]["attributes"]) for a in attributes] for r in test])      # (n, A)
    kept, contributions = json.loads(safetensors(folder / "bottleneck.safetensors")[1]["concepts"]), np.load(folder / "contributions.npy")
    vae, x = safetensors(folder / "vae.safetensors"), np.load(folder / "concept_vectors.npy")[test].astype(float)
    centers, first = np.load(folder / "centers.npy"), np.zeros(x.shape, bool)  # first: the 8 of each picture's cluster
    per_cluster, everywhere = [], visible.mean(axis=0)
    for c in read(folder / "explanations.json")["clusters"]:
        first[np.ix_(clusters == c["cluster"], [kept.index(e["concept"]) for e in c["concepts"][:8]])] = True
        here = visible[clusters == c["cluster"]].mean(0) if c["size"] else np.zeros(len(attributes))
        relevant = {a for a, p, q in zip(attributes, here, everywhere) if p >= 0.5 and p / q >= 1.5 - 1e-12}
        if relevant: per_cluster.append(precision([e["concept"] for e in c["concepts"]], relevant))
    named = [[kept[k] for k in np.argsort(-row, kind="stable")[:5]] for row in contributions]
    per_image = [precision(n, {a for a, v in zip(attributes, row) if v}) for n, row in zip(named, visible) if row.any()]
    home = [np.mean(((mu(y, *vae)[:, None] - centers) ** 2).sum(2).argmin(1) == clusters) for y in (np.where(first, 0, x), np.where(first, x, 0))]
    figures.append([acc, normalized_mutual_info_score(classes, clusters), adjusted_rand_score(classes, clusters), np.mean(per_cluster), np.mean(per_image),
                    np.mean([a in kept for a in attributes if a in initial]), np.mean([w not in kept for w in never_drawn]), *home])
    for figure, value, score in zip(("acc", "nmi", "ari"), figures[-1], read(folder / "scores.json")["ceir"].values()):
        show(f"seed {seed}: {figure}", score, value)
mean = np.mean(figures, axis=0)
influence, known = metrics["explanations"], metrics["truth"]
scores = influence["precision_at_5"]
ours = [metrics["ceir"][f]["mean"] for f in ("acc", "nmi", "ari")] + [scores["cluster"], scores["image"], known["attributes_kept"], known["distractors_dropped"],
        influence["deletion_top8_kept"], influence["insertion_top8_reached"]]
names = ("ACC", "NMI", "ARI", "precision per cluster", "precision per picture", "attributes_kept", "distractors_dropped", "deletion_top8_kept", "insertion_top8_reached")
for name, a, b in zip(names, ours, mean): show(name, a, b, 1e-3 if "top8" in name else 1e-6)
sys.exit(wrong)
