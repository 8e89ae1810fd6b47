"""One small file per stage of understanding: its function, and what it needs, gives and depends on, as data.

A stage is a function of its inputs alone: `StageContext` holds the tables, the sections of the settings and the given
files that the stage names, and nothing else. The order of the stages is in `pipeline.run.order`. Nothing is imported
here, because a stage's fingerprint covers all that its own file imports.
"""
