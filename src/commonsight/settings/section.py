"""What every table of the settings file is."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Port = Annotated[int, Field(ge=1, le=65535)]
Seconds = Annotated[float, Field(gt=0)]


class Section(BaseModel):
    """One table of the file. Unknown keys are refused: a typing error must not be silent."""

    model_config = ConfigDict(extra="forbid", frozen=True)
