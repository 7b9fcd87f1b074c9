"""Code sets: what a program file may say, strict loading, layers, and what stands behind each fact."""
