from agentkit.evals.domain.measures import AnswerMeasures as AnswerMeasures
from agentkit.evals.domain.measures import RiskPoint as RiskPoint
from agentkit.evals.domain.measures import measure_answers as measure_answers
from agentkit.evals.domain.questions import Question as Question
from agentkit.evals.domain.questions import read_questions as read_questions
from agentkit.evals.domain.tasks import suite as suite
