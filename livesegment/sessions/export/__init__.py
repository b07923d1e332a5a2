"""Sessions in the formats of others: COCO, YOLO, CSV, label pictures, MP4."""
