"""Areas with a capacity (景区、场馆): how many are inside, out of all gates of several cameras."""
