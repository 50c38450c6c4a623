"""What the parser of Prometheus' client library finds in files of metrics: names, types, the values that are not times."""

import sys
import time

from prometheus_client.parser import text_string_to_metric_families


def samples(path):
    families = list(text_string_to_metric_families(open(path, encoding="utf-8").read()))
    assert all(family.documentation and family.type in ("counter", "gauge") for family in families)
    found = [sample for family in families for sample in family.samples]
    assert len({(s.name, tuple(sorted(s.labels.items()))) for s in found}) == len(found), "a value stands there twice"
    return families, found


def tell(path):
    families, found = samples(path)
    print(path)
    for family in families:
        assert family.name.startswith("earshot_") and ":" not in family.name
        print(f"  {family.type} {family.name}")
    by_name = {(s.name, s.labels.get("status") or s.labels.get("stage")): s for s in found}
    for name, which in [("earshot_recordings_processed_total", "ok"), ("earshot_recordings_processed_total", "failed"),
                        ("earshot_recordings_planned", None), ("earshot_patches_total", None),
                        ("earshot_audio_seconds_total", None), ("earshot_read_bytes_total", None), ("earshot_running", None),
                        ("earshot_exit_code", None)]:
        print(f"  {name} {which or ''}".rstrip(), by_name[name, which].value)
    labels = by_name["earshot_running", None].labels
    print(f"  output={labels['output']} shard={labels['shard']}")
    assert abs(by_name["earshot_update_timestamp_seconds", None].value - time.time()) < 600
    for stage in ("decode", "compute", "write"):
        assert 0 < by_name["earshot_stage_seconds_total", stage].value < 600, stage
    assert by_name["earshot_build_info", None].value == 1


for path in sys.argv[1:]:
    tell(path)
