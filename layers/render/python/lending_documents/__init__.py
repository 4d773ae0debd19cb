"""What documents look like and say: layouts, wording, fonts and their dated registry. Data only."""
