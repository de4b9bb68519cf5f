"""Recomputes the figures of a run folder from its arrays, with other people's code, beside what ceir says.

    python3 docs/recompute.py RUN          (needs numpy, scipy, scikit-learn)
"""
import csv, json, sys
from pathlib import Path
import numpy as np
from scipy.optimize import linear_sum_assignment
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score
from sklearn.metrics.cluster import contingency_matrix

run, wrong, figures = Path(sys.argv[1]), False, []
read = lambda path: json.loads(path.read_text(encoding="utf-8"))
metrics, filtered = read(run / "metrics.json"), read(run / "concepts.json")
truth = [set(json.loads(line)["attributes"]) for line in open(run / "truth.jsonl", encoding="utf-8")]
attributes = (run / "attributes.txt").read_text(encoding="utf-8").splitlines()
initial = filtered["kept"] + [d["concept"] for d in filtered["dropped"]]
def show(name, ours, theirs, allowed=1e-6):  # more where f32 and f64 may put a picture halfway between two centres elsewhere
    global wrong
    wrong |= not abs(ours - theirs) < allowed
    print(f"{name:<34}{ours:12.8f}{theirs:12.8f}  {'same' if abs(ours - theirs) < allowed else 'DIFFERENT'}")
def precision(ranking, relevant):
    places = min(5, len(relevant))
    return len(set(ranking[:places]) & relevant) / places
def safetensors(path):  # the tensors by name, and the metadata: among it the concepts that were kept in the end
    data, types = path.read_bytes(), {"F32": np.float32, "F64": np.float64, "I64": np.int64}
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    metadata = header.pop("__metadata__")
    array = lambda t: np.frombuffer(data[start:][slice(*t["data_offsets"])], types[t["dtype"]]).reshape(t["shape"]).astype(float)
    return {name: array(tensor) for name, tensor in header.items()}, metadata
def mu(x, v, metadata):  # the VAE's code: the level above which a concept is present, Linear, batch normalisation, ReLU, Linear
    if "present_above" in metadata: x = np.maximum(x - float(metadata["present_above"]), 0)
    h = x @ v["encoder.0.weight"].T + v["encoder.0.bias"]
    h = (h - v["encoder.1.running_mean"]) / np.sqrt(v["encoder.1.running_var"] + 1e-5) * v["encoder.1.weight"] + v["encoder.1.bias"]
    return np.split(np.maximum(h, 0) @ v["encoder.3.weight"].T + v["encoder.3.bias"], 2, axis=1)[0]
for folder in [run] + [run / "seeds" / str(seed) for seed in metrics["seeds"][1:]]:
    rows = list(csv.DictReader(open(folder / "clusters.csv", encoding="utf-8", newline="")))
    test = [r for r in range(len(rows)) if rows[r].get("split", "test") == "test"]
    clusters = np.array([int(rows[r]["cluster"]) for r in test])
    classes = np.unique([rows[r]["label"] for r in test], return_inverse=True)[1]
    counts = contingency_matrix(clusters, classes)
    acc = counts[linear_sum_assignment(-counts)].sum() / len(test)
    visible = np.array([[a in truth[r] for a in attributes] for r in test])      # (n, A)
    kept = json.loads(safetensors(folder / "bottleneck.safetensors")[1]["concepts"])
    vae, x = safetensors(folder / "vae.safetensors"), np.load(folder / "concept_vectors.npy")[test].astype(float)
    first, per_cluster = np.zeros(x.shape, bool), []     # first: the 8 concepts of each picture's cluster
    for c in read(folder / "explanations.json")["clusters"]:
        first[np.ix_(clusters == c["cluster"], [kept.index(e["concept"]) for e in c["concepts"][:8]])] = True
        here = visible[clusters == c["cluster"]].mean(0) if c["size"] else np.zeros(len(attributes))
        relevant = {a for a, p, q in zip(attributes, here, visible.mean(0)) if p >= 0.5 and p / q >= 1.5 - 1e-12}
        if relevant: per_cluster.append(precision([e["concept"] for e in c["concepts"]], relevant))
    named = [[kept[k] for k in np.argsort(-row, kind="stable")[:5]] for row in np.load(folder / "contributions.npy")]
    per_image = [precision(n, {a for a, v in zip(attributes, row) if v}) for n, row in zip(named, visible) if row.any()]
    home = lambda y: np.mean(((mu(y, *vae)[:, None] - np.load(folder / "centers.npy")) ** 2).sum(2).argmin(1) == clusters)
    figures.append([acc, normalized_mutual_info_score(classes, clusters), adjusted_rand_score(classes, clusters), np.mean(per_cluster),
                    np.mean(per_image), np.mean([a in kept for a in attributes if a in initial]),
                    np.mean([w not in kept for w in set(initial) - set(attributes)]), home(np.where(first, 0, x)), home(np.where(first, x, 0))])
    for name, figure, value in zip(("acc", "nmi", "ari"), read(folder / "scores.json")["ceir"].values(), figures[-1]):
        show(f"{folder.name}: {name}", figure, value)
scores, known = metrics["explanations"], metrics["truth"]
ours = [metrics["ceir"][f]["mean"] for f in ("acc", "nmi", "ari")] + [scores["precision_at_5"][f] for f in ("cluster", "image")]
ours += [known["attributes_kept"], known["distractors_dropped"], scores["deletion_top8_kept"], scores["insertion_top8_reached"]]
names = "ACC, NMI, ARI, precision per cluster, precision per picture, attributes_kept, distractors_dropped, deletion_top8_kept, insertion_top8_reached"
for name, a, b in zip(names.split(", "), ours, np.mean(figures, axis=0)): show(name, a, b, 1e-3 if "top8" in name else 1e-6)
sys.exit(wrong)
