"""Features of tracklets, known before players are told apart; `splitting`, `grouping` and `identity` build on them."""
