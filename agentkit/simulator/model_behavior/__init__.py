"""The models that the simulator plays: their capabilities, the prompt cache with its token counts, and signatures."""
