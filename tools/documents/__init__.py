"""Working on templates: their registry, the fonts' coverage, and previews."""
