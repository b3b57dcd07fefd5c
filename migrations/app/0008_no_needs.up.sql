-- Answers to a flow's questions are kept where what was asked for is kept: codes and attempts, under the question's key.
DROP TABLE _gatehouse_need;
