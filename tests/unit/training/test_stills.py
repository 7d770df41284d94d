from __future__ import annotations

import pytest

from vosdesk.errors import VosdeskError
from vosdesk.training.stills import load_stills


def test_only_pictures_with_a_mask_count(stills):
    found = load_stills(stills)
    assert [(still.image.name, still.mask.name) for still in found] == [
        (f"{i}.jpg", f"{i}.png") for i in range(3)
    ]


def test_a_folder_without_stills_is_refused_in_words(tmp_path):
    with pytest.raises(VosdeskError, match="no still images"):
        load_stills(tmp_path)
