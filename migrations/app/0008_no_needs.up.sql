-- Nothing reads or writes it: a sent code and a right one are remembered with the code, under the question's key.
DROP TABLE _gatehouse_need;
