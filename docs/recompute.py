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
def show(name, ours, theirs):
    global worst
    worst = max(worst, abs(ours - theirs))
    print(f"{name:<34}{ours:12.8f}{theirs:12.8f}  {'same' if abs(ours - theirs) < 1e-6 else 'DIFFERENT'}")

def precision(ranking, relevant):
    places = min(5, len(relevant))
    return len(set(ranking[:places]) & relevant) / places
def concepts_of(path):
    """A safetensors header holds the names of the concepts that were kept in the end."""
    data = path.read_bytes()
    return json.loads(json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])["__metadata__"]["concepts"])

figures, worst = [], 0.0
for i, seed in enumerate(metrics["seeds"]):
    folder = run if i == 0 else run / "seeds" / str(seed)
    rows = list(csv.DictReader(open(folder / "clusters.csv", encoding="utf-8", newline="")))
    test = [r for r in range(len(rows)) if rows[r].get("split", "test") == "test"]
    clusters = np.array([int(rows[r]["cluster"]) for r in test])
    classes = np.unique([rows[r]["label"] for r in test], return_inverse=True)[1]
    counts = contingency_matrix(clusters, classes)
    acc = counts[linear_sum_assignment(-counts)].sum() / len(test)
    visible = np.array([[a in set(truth[r]["attributes"]) for a in attributes] for r in test])      # (n, A)
    kept, contributions = concepts_of(folder / "bottleneck.safetensors"), np.load(folder / "contributions.npy")
    per_cluster, everywhere = [], visible.mean(axis=0)
    for c in read(folder / "explanations.json")["clusters"]:
        here = visible[clusters == c["cluster"]].mean(0) if c["size"] else np.zeros(len(attributes))
        relevant = {a for a, p, q in zip(attributes, here, everywhere) if p >= 0.5 and p / q >= 1.5 - 1e-12}
        if relevant: per_cluster.append(precision([e["concept"] for e in c["concepts"]], relevant))
    named = [[kept[k] for k in np.argsort(-row, kind="stable")[:5]] for row in contributions]
    per_image = [precision(n, {a for a, v in zip(attributes, row) if v}) for n, row in zip(named, visible) if row.any()]
    figures.append([acc, normalized_mutual_info_score(classes, clusters), adjusted_rand_score(classes, clusters), np.mean(per_cluster), np.mean(per_image),
                    np.mean([a in kept for a in attributes if a in initial]), np.mean([w not in kept for w in never_drawn])])
    for figure, value, score in zip(("acc", "nmi", "ari"), figures[-1], read(folder / "scores.json")["ceir"].values()):
        show(f"seed {seed}: {figure}", score, value)
mean = np.mean(figures, axis=0)
scores, known = metrics["explanations"]["precision_at_5"], metrics["truth"]
ours = [metrics["ceir"][f]["mean"] for f in ("acc", "nmi", "ari")] + [scores["cluster"], scores["image"], known["attributes_kept"], known["distractors_dropped"]]
names = ("ACC", "NMI", "ARI", "precision per cluster", "precision per picture", "attributes_kept", "distractors_dropped")
for name, a, b in zip(names, ours, mean): show(name, a, b)
sys.exit(worst >= 1e-6)
