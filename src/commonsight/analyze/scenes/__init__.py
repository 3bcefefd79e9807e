"""What is seen in pictures: scenes (场景), plug-ins that declare their needs and are judged by measured accuracy."""
