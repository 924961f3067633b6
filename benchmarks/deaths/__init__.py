"""Kill each process of `prflow up` and `prflow demo` in turn, and see what people see and what is lost."""
