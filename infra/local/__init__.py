"""The town: the whole service on one machine, with moto in the place of AWS."""
