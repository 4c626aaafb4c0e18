"""The intermediate representation: frozen scalar and relational nodes between bind and compile."""
