earshot extract --n-ftt 1024 corpus -o features.h5
