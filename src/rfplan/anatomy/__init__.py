"""The patient: bones, the back of the sacrum as a chart, foramina, landmarks, nerves and skin."""
