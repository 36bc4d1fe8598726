"""Who a person is to the city: preferences, their reports, what is held of them, segments."""
