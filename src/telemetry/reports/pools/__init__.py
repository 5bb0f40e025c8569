"""Pools of the park's carriers: who feeds them, who draws from them, and what that carries."""
