"""Tables in every form that people use to rows of the contract, each cell with its place."""
